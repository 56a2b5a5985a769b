import { beforeAll, describe, expect, it } from 'vitest';
import { isSignature, signatureOf } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { deriveInvitation, examineGroupInvite, groupInviteLink } from '../../src/groups/invitation.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import type { GroupInvitation } from '../../src/protocol/group-invitation.ts';
import { groupIdOf, operationIdOf } from '../../src/protocol/ids.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';

beforeAll(sodiumReady);

const NOW = 1_790_000_000_000;
const ADDRESS = 'https://parley.example/';
const random = seededRandom(5);
const invitation: GroupInvitation = {
  group: random(32),
  tip: random(32),
  inviteId: random(16),
  secret: random(32),
  inviter: random(32),
  expires: NOW / 1000 + 60,
  name: 'hikers\u202e 徒步',
};
const group = groupIdOf(operationIdOf(invitation.group));
const nowhere = { now: NOW, isMember: () => false };

describe('[I21] what comes from the secret of a link', () => {
  it('is the same for everybody who holds it, and another for another link', () => {
    const [one, same, other] = [invitation.secret, invitation.secret.slice(), random(32)].map(deriveInvitation);
    expect(same?.topicSecret).toEqual(one?.topicSecret);
    expect(same?.proof.publicKey).toEqual(one?.proof.publicKey);
    expect(other?.topicSecret).not.toEqual(one?.topicSecret);
    expect(other?.proof.publicKey).not.toEqual(one?.proof.publicKey);
  });

  it('proves that one holds it, and the secret of the topic is no help in that', () => {
    const { proof, topicSecret } = deriveInvitation(invitation.secret);
    const statement = utf8('let me in');
    expect(isSignature('invite-proof', statement, signatureOf('invite-proof', statement, proof), proof.publicKey)).toBe(true);
    const { proof: forged } = deriveInvitation(topicSecret);
    expect(isSignature('invite-proof', statement, signatureOf('invite-proof', statement, forged), proof.publicKey)).toBe(false);
  });
});

describe('[I20] [I3] the link to a group', () => {
  const link = groupInviteLink(invitation, ADDRESS);

  it('says which group, until when, and by whom; the name is made harmless', () => {
    const read = valueOf(examineGroupInvite(`come along: ${link}\n`, nowhere) ?? { ok: false, failure: { kind: 'none' } });
    expect(read).toMatchObject({ invitation, group, name: 'hikers 徒步', expires: NOW + 60_000 });
  });

  it('may be for ever', () => {
    const forever = groupInviteLink({ ...invitation, expires: 0 }, ADDRESS);
    const read = examineGroupInvite(forever, { ...nowhere, now: Number.MAX_SAFE_INTEGER });
    expect(read?.ok && read.value.expires).toBeUndefined();
    expect(read?.ok).toBe(true);
  });

  it('is refused with a reason: damaged, expired, or of a group one is in', () => {
    const failureOf = (text: string, circumstances = nowhere) => {
      const read = examineGroupInvite(text, circumstances);
      return read && !read.ok ? read.failure : undefined;
    };
    expect(failureOf(link.slice(0, -1))).toEqual({ kind: 'invite-damaged' });
    expect(failureOf(`${link}AAAA`)).toEqual({ kind: 'invite-damaged' });
    expect(failureOf(`${ADDRESS}#g=what?`)).toEqual({ kind: 'invite-damaged' });
    expect(failureOf(link, { ...nowhere, now: NOW + 60_000 })).toEqual({ kind: 'invite-expired' });
    expect(failureOf(link, { ...nowhere, isMember: () => true })).toEqual({ kind: 'already-a-member', group });
  });

  it('is told from other links', () => {
    expect(examineGroupInvite(`${ADDRESS}#i=AAAA`, nowhere)).toBeUndefined();
    expect(examineGroupInvite('hello', nowhere)).toBeUndefined();
  });
});
