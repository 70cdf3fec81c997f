import pg from 'pg';

const INT8 = pg.types.builtins.INT8;
/** `bigint[]`, which the driver's list of names lacks (pg_type.dat). */
const INT8_ARRAY = 1016;
/** `text[]`: the parser of text arrays, whose elements are strings. */
const TEXT_ARRAY = 1009;

const asArray = (pg.types.getTypeParser as (oid: number) => unknown)(TEXT_ARRAY) as (text: string) => (string | null)[];

/** Parsers for columns: bigint as `bigint`, which the driver would give as text; everything else as the driver does it. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === INT8) return BigInt;
    if (format !== 'binary' && oid === INT8_ARRAY) return (text: string) => asArray(text).map((item) => (item === null ? null : BigInt(item)));
    return pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};
