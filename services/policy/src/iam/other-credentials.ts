import { iam } from '@trent/contracts';
import { reads } from './call.ts';
import { userOrCaller } from './names.ts';

/** What users of AWS may have for services that Trent is none of. Terraform and scripts list it before they remove a user. */
export const otherCredentialHandlers = {
  'iam.ListSSHPublicKeys': reads(iam.ListSSHPublicKeysRequest, async (db, call, { userName }) => {
    await userOrCaller(db, call, userName);
    return iam.ListSSHPublicKeysResponse.create({ isTruncated: false });
  }),
  'iam.ListSigningCertificates': reads(iam.ListSigningCertificatesRequest, async (db, call, { userName }) => {
    await userOrCaller(db, call, userName);
    return iam.ListSigningCertificatesResponse.create({ isTruncated: false });
  }),
  'iam.ListServiceSpecificCredentials': reads(iam.ListServiceSpecificCredentialsRequest, async (db, call, { userName, allUsers }) => {
    if (allUsers !== true) await userOrCaller(db, call, userName);
    return iam.ListServiceSpecificCredentialsResponse.create({ isTruncated: false });
  }),
};
