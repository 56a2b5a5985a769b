/** What a connection's statistics say (W3C WebRTC statistics §8). */

interface Entry {
  readonly id: string;
  readonly type: string;
}

interface Pair extends Entry {
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly nominated?: boolean;
  readonly state?: string;
  /** Seconds. */
  readonly currentRoundTripTime?: number;
  /** Bits per second. */
  readonly availableOutgoingBitrate?: number;
}

/** Whether either end of the path in use is a TURN relay; undefined while there is no path. */
export function isRelayed(report: RTCStatsReport): boolean | undefined {
  const entries = entriesOf(report);
  const pair = selectedPair(entries);
  if (!pair) return undefined;
  return [pair.localCandidateId, pair.remoteCandidateId].some((id) => candidateType(entries.get(id ?? '')) === 'relay');
}

/** The path in use; undefined while there is none. */
export function pathOf(report: RTCStatsReport): Pair | undefined {
  return selectedPair(entriesOf(report));
}

function entriesOf(report: RTCStatsReport): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  report.forEach((entry: Entry) => entries.set(entry.id, entry));
  return entries;
}

function selectedPair(entries: ReadonlyMap<string, Entry>): Pair | undefined {
  const all = [...entries.values()];
  for (const entry of all) {
    if (entry.type !== 'transport') continue;
    const { selectedCandidatePairId = '' } = entry as Entry & { selectedCandidatePairId?: string };
    const pair = entries.get(selectedCandidatePairId);
    if (pair) return pair;
  }
  // Firefox has no transport entry that names the pair.
  return all.find((entry): entry is Pair => {
    const { type, nominated, state } = entry as Pair;
    return type === 'candidate-pair' && nominated === true && state === 'succeeded';
  });
}

function candidateType(entry: Entry | undefined): string | undefined {
  return entry && (entry as Entry & { candidateType?: string }).candidateType;
}
