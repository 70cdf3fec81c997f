import pg from 'pg';

/** Object identifiers of types (pg_type.dat). */
const INT8: number = 20;
const INT8_ARRAY: number = 1016;
const TEXT_ARRAY = 1009;

type Parser = (text: string) => unknown;

/** The driver's own parsers; its list of names lacks arrays, so identifiers are plain numbers here. */
const driverParser = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parser;
const asTexts = driverParser(TEXT_ARRAY) as (text: string) => (string | null)[];

function asBigints(text: string): (bigint | null)[] {
  return asTexts(text).map((item) => (item === null ? null : BigInt(item)));
}

/** Parsers for columns: bigint as `bigint`, which the driver would give as text; everything else as the driver does it. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary'): Parser => {
    if (format !== 'binary' && oid === INT8) return BigInt;
    if (format !== 'binary' && oid === INT8_ARRAY) return asBigints;
    return driverParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};
