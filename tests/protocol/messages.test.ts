import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/protocol/codec.ts';
import { credential, deviceList, MAX_CREDENTIAL_BYTES, MAX_DEVICES, MAX_REVOKED } from '../../src/protocol/credential.ts';
import {
  frame,
  MAX_ENVELOPE_BYTES,
  MAX_FRAME_BYTES,
  MAX_GROUP_BODY_BYTES,
  MAX_KNOCK_BYTES,
  MAX_WELCOME_BYTES,
} from '../../src/protocol/frame.ts';
import { MAX_TEXT_BYTES, content } from '../../src/protocol/content.ts';
import { groupInvitation, MAX_GROUP_INVITATION_BYTES, MAX_INVITED_NAME_BYTES } from '../../src/protocol/group-invitation.ts';
import { MAX_JOIN_REQUEST_BYTES } from '../../src/protocol/join-request.ts';
import { carriesInvitation, invitationFragment, readInvitation } from '../../src/protocol/invitation.ts';
import { valueOf } from '../support/value-of.ts';
import { samples } from './samples.ts';

describe.each(samples)('$name', ({ codec, encoded }) => {
  const value = valueOf(decode(codec, encoded));

  it('[C1] comes back as it was', () => {
    expect(encode(codec, value)).toEqual(encoded);
  });

  it('[C1] is refused when cut anywhere, and with a byte behind it', () => {
    const cut = Array.from(encoded, (_, length) => encoded.slice(0, length));
    const outcomes = [...cut, new Uint8Array([...encoded, 0])].map((bytes) => decode(codec, bytes).ok);
    expect(outcomes).not.toContain(true);
  });

  it('[C1] with any bit changed is either refused or another value, never the same and never an exception', () => {
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const changed = encoded.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decode(codec, changed);
      if (decoded.ok && Buffer.compare(encode(codec, decoded.value), changed) !== 0) expect.fail(`bit ${bit} has two encodings`);
    }
    expect(decode(codec, encoded).ok).toBe(true);
  });
});

describe('limits', () => {
  it('[K3] the longest credential fits its field, and not by much more', () => {
    const list = encode(deviceList, {
      account: new Uint8Array(32),
      version: 1,
      active: Array.from({ length: MAX_DEVICES }, () => new Uint8Array(32)),
      revoked: Array.from({ length: MAX_REVOKED }, () => new Uint8Array(32)),
    });
    const key = new Uint8Array(32);
    const signature = new Uint8Array(64);
    const longestCertificate = new Uint8Array(1 + 32 + 32 + 32 + 4 + 128 + 7 + 4);
    const whole = encode(credential, {
      certificate: { payload: longestCertificate, key, signature },
      devices: { payload: list, key, signature },
    });
    expect(list.length).toBe(2_348);
    expect(whole.length).toBeLessThanOrEqual(MAX_CREDENTIAL_BYTES);
  });

  it('[F1] the longest text fits an envelope, the longest envelope fits a frame', () => {
    const longest = { type: 'text', id: new Uint8Array(16), lamport: 1, wall: 1, text: 'x'.repeat(MAX_TEXT_BYTES) } as const;
    expect(encode(content, longest).length).toBeLessThan(MAX_ENVELOPE_BYTES);
    const envelope = { type: 'envelope', seq: 1, sealed: new Uint8Array(MAX_ENVELOPE_BYTES) } as const;
    expect(encode(frame, envelope).length).toBeLessThan(MAX_FRAME_BYTES - 25);
  });

  it('[F1] what groups say at most fits a frame', () => {
    const bodies = { group: MAX_GROUP_BODY_BYTES, groupKnock: MAX_KNOCK_BYTES, groupWelcome: MAX_WELCOME_BYTES } as const;
    for (const [type, length] of Object.entries(bodies)) {
      const longest = encode(frame, { type: type as keyof typeof bodies, body: new Uint8Array(length) });
      expect(longest.length).toBeLessThan(MAX_FRAME_BYTES - 25);
    }
    expect(MAX_JOIN_REQUEST_BYTES).toBeLessThanOrEqual(MAX_KNOCK_BYTES);
    expect(8 * MAX_CREDENTIAL_BYTES).toBeLessThan(MAX_WELCOME_BYTES);
  });

  it('[I20] the longest invitation to a group is as long as it may be', () => {
    const [id, short] = [new Uint8Array(32).fill(1), new Uint8Array(16)];
    const name = 'x'.repeat(MAX_INVITED_NAME_BYTES);
    const longest = encode(groupInvitation, { group: id, tip: id, inviteId: short, secret: id, inviter: id, expires: 1, name });
    expect(longest).toHaveLength(MAX_GROUP_INVITATION_BYTES);
  });
});

describe('an invite link', () => {
  const invite = {
    account: new Uint8Array(32).fill(1),
    inviteId: new Uint8Array(16).fill(2),
    secret: new Uint8Array(32).fill(3),
    expires: 1_790_000_000,
    name: 'alice',
  };
  const link = `https://parley.example/${invitationFragment(invite)}`;

  it('[I1] is read back whole, with white space around it as people paste it', () => {
    expect(valueOf(readInvitation(link))).toEqual(invite);
    expect(valueOf(readInvitation(`  ${link}\n`))).toEqual(invite);
    expect(carriesInvitation(link)).toBe(true);
  });

  it('[I1] cut, changed or foreign is refused', () => {
    const cuts = Array.from({ length: link.length }, (_, length) => readInvitation(link.slice(0, length)).ok);
    expect(cuts).not.toContain(true);
    expect(readInvitation('https://parley.example/')).toMatchObject({ ok: false, failure: { kind: 'not-an-invite' } });
    expect(readInvitation(`${link}!`).ok).toBe(false);
    expect(carriesInvitation('hello bob')).toBe(false);
  });
});
