import {
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetLoginProfileCommand,
  GetMFADeviceCommand,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListVirtualMFADevicesCommand,
  ResyncMFADeviceCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { code, codes, stepNow } from '../../fixtures/authenticator.ts';
import { Caller } from '../../fixtures/caller.ts';
import { expectRefusal, freshName, iamClient } from '../../fixtures/iam.ts';
import { recordOf } from '../../fixtures/records.ts';

const root = new Caller();
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

describe('virtual MFA devices', () => {
  test('are made, enabled by two codes in a row, put right, deactivated and removed', async () => {
    const [UserName, name] = [freshName('user'), freshName('device')];
    await iam.send(new CreateUserCommand({ UserName }));
    const { VirtualMFADevice, $metadata } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name }));
    const SerialNumber = `arn:aws:iam::${root.account.accountId}:mfa/${name}`;
    expect(VirtualMFADevice?.SerialNumber).toBe(SerialNumber);
    const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString();
    expect(seed).toMatch(/^[A-Z2-7]{64}$/);
    const record = await recordOf(root, 'CreateVirtualMFADevice', { requestId: $metadata.requestId ?? '' });
    expect(JSON.stringify(record)).not.toContain(seed.slice(0, 16));
    const device = { UserName, SerialNumber };
    const wrong = { AuthenticationCode1: code(seed, stepNow()), AuthenticationCode2: code(seed, stepNow()) };
    await expectRefusal(
      iam.send(new EnableMFADeviceCommand({ ...device, ...wrong })),
      'InvalidAuthenticationCodeException',
      403,
      'Authentication code for device is not valid.',
    );
    await iam.send(new EnableMFADeviceCommand({ ...device, ...codes(seed, stepNow() - 5) }));
    expect((await iam.send(new ListMFADevicesCommand({ UserName }))).MFADevices).toMatchObject([device]);
    expect(await iam.send(new GetMFADeviceCommand(device))).toMatchObject({ ...device, EnableDate: expect.any(Date) });
    const assigned = await iam.send(new ListVirtualMFADevicesCommand({ AssignmentStatus: 'Assigned', MaxItems: 1000 }));
    expect(assigned.VirtualMFADevices?.find((one) => one.SerialNumber === SerialNumber)?.User?.UserName).toBe(UserName);
    await expectRefusal(iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber })), 'DeleteConflictException', 409);
    await expectRefusal(iam.send(new DeleteUserCommand({ UserName })), 'DeleteConflictException', 409);
    await iam.send(new ResyncMFADeviceCommand({ ...device, ...codes(seed, stepNow() - 1) }));
    await expectRefusal(
      iam.send(new ResyncMFADeviceCommand({ ...device, ...codes(seed, stepNow() - 1) })),
      'InvalidAuthenticationCodeException',
      403,
    );
    await iam.send(new DeactivateMFADeviceCommand(device));
    expect((await iam.send(new ListMFADevicesCommand({ UserName }))).MFADevices).toEqual([]);
    await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber }));
    await iam.send(new DeleteUserCommand({ UserName }));
  });

  test('no user has a console password', async () => {
    const UserName = freshName();
    await iam.send(new CreateUserCommand({ UserName }));
    const message = `Login Profile for User ${UserName} cannot be found.`;
    await expectRefusal(iam.send(new GetLoginProfileCommand({ UserName })), 'NoSuchEntityException', 404, message);
    await expectRefusal(iam.send(new DeleteLoginProfileCommand({ UserName })), 'NoSuchEntityException', 404, message);
  });

  test('no user has keys, certificates or passwords of other services', async () => {
    const UserName = freshName();
    await iam.send(new CreateUserCommand({ UserName }));
    const none = { IsTruncated: false };
    expect(await iam.send(new ListSSHPublicKeysCommand({ UserName }))).toMatchObject({ ...none, SSHPublicKeys: [] });
    expect(await iam.send(new ListSigningCertificatesCommand({ UserName }))).toMatchObject({ ...none, Certificates: [] });
    const listed = await iam.send(new ListServiceSpecificCredentialsCommand({ UserName }));
    expect(listed).toMatchObject({ ...none, ServiceSpecificCredentials: [] });
    const nobody = freshName('nobody');
    await expectRefusal(iam.send(new ListSSHPublicKeysCommand({ UserName: nobody })), 'NoSuchEntityException', 404);
  });
});
