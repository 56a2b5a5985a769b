import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecoveryPhrase, recoveryWords } from '../../src/crypto/recovery-phrase.ts';
import { fail, succeed } from '../../src/lib/result.ts';

const repeat = (words: string, times: number) => Array.from({ length: times }, () => words).join(' ');

describe('the recovery phrase', () => {
  it.each([
    [0x00, `${repeat('abandon', 23)} art`],
    [0x7f, `${repeat('legal winner thank year wave sausage worth useful', 2)} legal winner thank year wave sausage worth title`],
    [0x80, `${repeat('letter advice cage absurd amount doctor acoustic avoid', 2)} letter advice cage absurd amount doctor acoustic bless`],
    [0xff, `${repeat('zoo', 23)} vote`],
  ])('[K1] agrees with the BIP39 vectors: 32 bytes of %i', (byte, phrase) => {
    const entropy = new Uint8Array(32).fill(byte);
    expect(recoveryWords(entropy).join(' ')).toBe(phrase);
    expect(readRecoveryPhrase(phrase)).toEqual(succeed(entropy));
  });

  it('comes back whatever it stands for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const entropy = new Uint8Array(bytes);
        expect(readRecoveryPhrase(recoveryWords(entropy).join(' '))).toEqual(succeed(entropy));
      }),
      { numRuns: 50 },
    );
  });

  it('is read as people type it', () => {
    const typed = `  ${repeat('Abandon\n', 12)}\t${repeat('ABANDON', 11)}   art \n`;
    expect(readRecoveryPhrase(typed)).toEqual(succeed(new Uint8Array(32)));
  });

  it('says what is wrong with it', () => {
    expect(readRecoveryPhrase('')).toEqual(fail({ kind: 'words-count', count: 0 }));
    expect(readRecoveryPhrase(repeat('abandon', 12))).toEqual(fail({ kind: 'words-count', count: 12 }));
    expect(readRecoveryPhrase(`${repeat('abandon', 2)} abandom ${repeat('abandon', 20)} arts`)).toEqual(
      fail({ kind: 'words-unknown', places: [3, 24] }),
    );
    expect(readRecoveryPhrase(repeat('abandon', 24))).toEqual(fail({ kind: 'words-wrong' }));
    expect(readRecoveryPhrase(`art ${repeat('abandon', 23)}`)).toEqual(fail({ kind: 'words-wrong' }));
  });
});
