/** One of every kind of thing that travels, encoded, with the codec that reads it. */
import { utf8, type Bytes } from '../../src/lib/bytes.ts';
import { encode, type Codec } from '../../src/protocol/codec.ts';
import { callWord, type CallWordBody } from '../../src/protocol/call-word.ts';
import { content, type Content } from '../../src/protocol/content.ts';
import { credential, deviceCertificate, deviceList, signed } from '../../src/protocol/credential.ts';
import { envelope, header, prekeyBundle, sessionStart } from '../../src/protocol/envelope.ts';
import { frame, type Frame } from '../../src/protocol/frame.ts';
import { groupInvitation } from '../../src/protocol/group-invitation.ts';
import { groupFrame, type GroupWord } from '../../src/protocol/group-frame.ts';
import { groupWelcome } from '../../src/protocol/group-welcome.ts';
import { epochAct, epochBox, groupBody, groupMark, groupMessage, logPosition, logRange } from '../../src/protocol/group-message.ts';
import { closing, opening, proof, reply } from '../../src/protocol/handshake.ts';
import { groupAct, groupOperation, type GroupAct } from '../../src/protocol/group-operation.ts';
import { invitation } from '../../src/protocol/invitation.ts';
import { inviteProof, joinRequest } from '../../src/protocol/join-request.ts';
import { signal, type SignalBody } from '../../src/protocol/signal.ts';

export interface Sample {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly encoded: Bytes;
}

const of = (length: number, byte = 7) => new Uint8Array(length).fill(byte);

function sample<Value>(name: string, codec: Codec<Value>, value: Value): Sample {
  return { name, codec: codec as Codec<unknown>, encoded: encode(codec, value) };
}

const bodies: readonly SignalBody[] = [
  { type: 'knock' },
  { type: 'offer', link: of(8), sdp: 'v=0\r\n' },
  { type: 'answer', link: of(8), sdp: 'v=0\r\n' },
  { type: 'candidates', link: of(8), candidates: [{ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', mid: '0', line: 0 }] },
  { type: 'presence', presence: 'away', wantReply: 1 },
];

const introduction = { name: 'alice 晤谈', pairShare: of(32) };
const frames: readonly Frame[] = [
  { type: 'hello', stream: of(8), yours: of(8), receivedUpTo: 3 },
  { type: 'envelope', seq: 1, sealed: utf8('sealed') },
  { type: 'ack', upTo: 1 },
  { type: 'presence', presence: 'busy' },
  { type: 'contactRequest', ...introduction },
  { type: 'contactAccept', ...introduction },
  { type: 'contactConfirm' },
  { type: 'bye', reason: 'invite-used' },
  { type: 'prekeys', bundle: utf8('a bundle'), signature: of(64) },
  { type: 'reset', stream: of(8), receivedUpTo: 3 },
  { type: 'group', body: utf8('among members') },
  { type: 'groupKnock', body: utf8('a request') },
  { type: 'groupWelcome', body: utf8('whom to meet') },
  { type: 'call', body: utf8('a word of a call') },
];

const callWords: readonly CallWordBody[] = [
  { type: 'ring', media: 'video' },
  { type: 'ringing' },
  { type: 'accept', media: 'voice' },
  { type: 'end', reason: 'no-answer' },
  { type: 'description', round: 2, kind: 'offer', sdp: 'v=0' },
  { type: 'candidates', round: 2, candidates: [{ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', mid: '0', line: 0 }] },
  { type: 'state', muted: true, camera: false, screen: true, hand: false },
  { type: 'present', group: of(32), since: 1_790_000_000_000 },
  { type: 'mutePlease' },
  { type: 'wish', camera: 'small', screen: 'full' },
];

const contents: readonly Content[] = [
  { type: 'call', id: of(16), lamport: 6, wall: 1_790_000_000_000, call: of(16, 2), media: 'video', outcome: 'answered', duration: 60_000 },
  { type: 'text', id: of(16), lamport: 5, wall: 1_790_000_000_000, text: 'hello bob, 你好' },
  { type: 'groupInvitation', invitation: utf8('an invitation') },
  { type: 'groupRequest', group: of(32), request: utf8('a request') },
  { type: 'groupAnswer', group: of(32), answer: 'declined' },
  {
    type: 'groupHistory',
    group: of(32),
    lamport: 9,
    beginnings: [{ device: of(8), after: 3 }],
    epochs: [{ epoch: of(32, 1), secret: of(32, 2) }],
    messages: [{ device: of(32, 3), seq: 4, key: of(32, 4) }],
  },
];

const message = { header: of(81), commitment: of(32), body: of(80) };
const aPrekey = { id: 7, agreementKey: of(32), kemKey: of(1216) };

const aSigned = { payload: utf8('a payload'), key: of(32), signature: of(64) };

const aPackage = { credential: utf8('a credential'), name: 'bob', kemKey: of(1216) };
const aPolicy = { history: { type: 'days', days: 7 }, invites: 'everybody' } as const;
const seen = [{ device: of(32, 3), seq: 12 }];
const acts: readonly GroupAct[] = [
  { type: 'grant', account: of(32) },
  { type: 'revoke', account: of(32) },
  { type: 'expel', account: of(32), seen },
  { type: 'offer', account: undefined },
  { type: 'accept' },
  { type: 'policy', ...aPolicy },
  { type: 'disband' },
  { type: 'settle', tip: of(32) },
  {
    type: 'invite',
    invite: of(16),
    mode: 'approval',
    expires: 1_790_000_000_000,
    uses: 5,
    topicSecret: of(32),
    proofKey: of(32),
    tip: of(32),
  },
  { type: 'revokeInvite', invite: of(16) },
  { type: 'admit', request: utf8('a request'), tip: of(32) },
  { type: 'decline', account: of(32) },
  { type: 'kick', account: of(32), seen },
  { type: 'mute', account: of(32), until: 1_790_000_000_000, seen },
  { type: 'unmute', account: of(32) },
  { type: 'muteAll' },
  { type: 'unmuteAll' },
  { type: 'rename', name: 'the garden 花园' },
  { type: 'picture', picture: utf8('an image') },
  { type: 'topic', topic: 'what grows' },
  { type: 'announce', text: 'meeting at eight' },
  { type: 'pin', message: of(16) },
  { type: 'unpin', message: of(16) },
  { type: 'leave', seen },
  { type: 'ack', tip: of(32) },
  { type: 'apply', request: utf8('a request') },
  { type: 'nickname', nickname: 'bobby' },
];

const words: readonly GroupWord[] = [
  {
    type: 'vector',
    ask: true,
    heads: [of(32)],
    operations: [{ device: of(8), count: 3 }],
    logs: [{ device: of(8), seq: 4, tip: of(8, 2) }],
    marks: [{ device: of(8), count: 1 }],
  },
  { type: 'want', operations: [{ device: of(8), count: 3 }], ids: [of(32)], logs: [{ device: of(8), from: 1, to: 4 }], boxes: [of(16)] },
  { type: 'give', last: true, operations: [utf8('an operation')], boxes: [of(20)], messages: [utf8('a message')], marks: [utf8('a mark')] },
  { type: 'rekey', epoch: of(32) },
  { type: 'carriage', doc: 'board', body: utf8('a piece') },
];

/** Short enough to try every byte of in every test. */
export const samples: readonly Sample[] = [
  sample('signed', signed, aSigned),
  sample('device certificate', deviceCertificate, {
    account: of(32, 1),
    signingKey: of(32, 2),
    agreementKey: of(32, 3),
    name: "alice's laptop",
    createdAt: 1_790_000_000_000,
    serial: 1,
  }),
  sample('device list', deviceList, { account: of(32), version: 1_790_000_000_000, active: [of(32)], revoked: [of(32, 9)] }),
  sample('credential', credential, { certificate: aSigned, devices: aSigned }),
  sample('m1', opening, { nonce: of(32), kemKey: of(1216) }),
  sample('m2', reply, { nonce: of(32), kemCiphertext: of(1120), proof: of(200) }),
  sample('m3', closing, { proof: of(200) }),
  sample('proof', proof, { credential: of(100), signature: of(64), mac: of(64) }),
  sample('invitation', invitation, { account: of(32), inviteId: of(16), secret: of(32), expires: 1_790_000_000, name: 'alice' }),
  sample('group invitation', groupInvitation, {
    group: of(32),
    tip: of(32, 1),
    inviteId: of(16),
    secret: of(32, 2),
    inviter: of(32, 3),
    expires: 0,
    name: 'hikers 徒步',
  }),
  ...acts.map((act) => sample(`act ${act.type}`, groupAct, act)),
  sample('operation', groupOperation, {
    group: of(32),
    account: of(32, 2),
    seq: 2,
    own: of(32, 3),
    prev: [of(32, 3), of(32, 4)],
    ownerPrev: of(32, 5),
    lamport: 9,
    wall: 1_790_000_000_000,
    place: 40,
    act: { type: 'grant', account: of(32, 6) },
  }),
  sample('join request', joinRequest, {
    group: of(32),
    account: of(32, 2),
    applicant: aPackage,
    greeting: 'it is me',
    invitation: { invite: of(16), proof: of(64) },
  }),
  sample('act create', groupAct, {
    type: 'create',
    nonce: of(32),
    owner: aPackage,
    name: 'the garden',
    picture: undefined,
    policy: aPolicy,
  }),
  sample('act keyPackage', groupAct, { type: 'keyPackage', ...aPackage }),
  sample('proof of an invitation', inviteProof, { group: of(32), account: of(32, 2), device: of(32, 3) }),
  sample('group message', groupMessage, {
    group: of(32),
    account: of(32, 1),
    epoch: of(32, 2),
    seq: 3,
    own: of(32, 4),
    control: [of(32, 5), of(32, 6)],
    lamport: 9,
    wall: 1_790_000_000_000,
    nonce: of(24),
    commitment: of(32, 8),
    ciphertext: of(80),
  }),
  sample('body of a group message', groupBody, { type: 'text', text: '@bob 你好', mentions: { all: true, accounts: [of(32, 2)] } }),
  sample('epoch', epochAct, { n: 2, base: [of(32)], recipients: of(32, 1), commitment: of(32, 2), boxes: [of(16), of(16, 0)] }),
  sample('box of an epoch', epochBox, { keyPackage: of(8), ciphertext: of(1120), commitment: of(32), sealed: of(48) }),
  sample('mark', groupMark, {
    group: of(32),
    account: of(32, 1),
    counter: 4,
    logs: [{ device: of(8), from: 1, have: 9, read: 7 }],
    announcement: of(32, 3),
  }),
  sample('position in a log', logPosition, { device: of(8), seq: 4, tip: of(8, 2) }),
  sample('range of a log', logRange, { device: of(8), from: 4, to: 9 }),
  ...words.map((word) => sample(`group frame: ${word.type}`, groupFrame, { group: of(32), word })),
  sample('group welcome', groupWelcome, { status: 'applied', hosts: [of(40)] }),
  sample('header', header, { key: of(32), previous: 4, number: 2, kem: { type: 'none' } }),
  sample('header with an offer', header, { key: of(32), previous: 4, number: 2, kem: { type: 'offer', key: of(1216) } }),
  sample('header with an answer', header, { key: of(32), previous: 4, number: 2, kem: { type: 'answer', ciphertext: of(1120) } }),
  sample('envelope', envelope, { type: 'message', ...message }),
  sample('envelope with a start', envelope, { type: 'opening', start: utf8('a start'), ...message }),
  sample('session start', sessionStart, {
    generation: 1,
    certificate: aSigned,
    ephemeralKey: of(32),
    signedPrekey: 1,
    oneTimePrekey: 2,
    ciphertext: of(1120),
  }),
  sample('prekey bundle', prekeyBundle, { generation: 0, signed: aPrekey, oneTime: [aPrekey] }),
  ...bodies.map((body) => sample(`signal: ${body.type}`, signal, { instance: of(8), counter: 1, at: 1_790_000_000_000, body })),
  ...callWords.map((word) => sample(`word of a call: ${word.type}`, callWord, { call: of(16), word })),
  sample('body of a group message about a call', groupBody, { type: 'call', call: of(16), act: 'joined', media: 'voice' }),
  ...frames.map((value) => sample(`frame: ${value.type}`, frame, value)),
  ...contents.map((value) => sample(`content: ${value.type}`, content, value)),
];
