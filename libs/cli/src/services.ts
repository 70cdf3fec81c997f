import { Command } from 'commander';
import { asOperator } from './operator.ts';

/** `trent account map-service`: a storage server, say, that acts for its account's users. */
export function mapServiceCommand(): Command {
  return new Command('map-service')
    .description('make a user or role a service: its requests carry kms:ViaService, and it uses alias/aws/<service>')
    .requiredOption('--principal <arn>', 'user or role')
    .option('--service <name>', 'as in its alias: s3 (default: none, the principal is no service any more)', '')
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(async ({ principal, service, data }: { readonly principal: string; readonly service: string; readonly data: string }) => {
      await asOperator(data, (operator) => operator.mapService(principal, service));
      console.log(service === '' ? `${principal} is no service` : `${principal} is the service ${service}`);
    });
}

/** `trent account services`: who is a service. */
export function servicesCommand(print: (line: string) => void): Command {
  return new Command('services')
    .description('list the users and roles that are services')
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(async ({ data }: { readonly data: string }) => {
      const services = await asOperator(data, (operator) => operator.listServices());
      for (const { principalArn, service } of services) print(`${service}  ${principalArn}`);
      if (services.length === 0) print('no services');
    });
}
