/** What both sides of an introduction work with. */
import type { ContactStore } from '../contacts/ports.ts';
import type { NoticeWriter } from './notices.ts';
import type { Device } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { SignalBody } from '../protocol/signal.ts';
import type { AppRun } from './meeting.ts';
import type { LinkMaker, LinkSignal, Rendezvous } from './ports.ts';

export interface IntroductionContext {
  readonly me: Device;
  /** What I call myself. */
  readonly name: string;
  readonly store: ContactStore;
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly run: AppRun;
  /** The changes that tell the person what they have to know about a contact. */
  readonly notices: NoticeWriter;
}

/** A link's own signal, named for the way there. */
export function signalBodyOf(link: Bytes, signal: LinkSignal): SignalBody {
  return signal.type === 'candidates' ? { ...signal, link } : { ...signal, link };
}
