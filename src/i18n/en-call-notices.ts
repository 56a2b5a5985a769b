/** What the system's notifications say of calls, in English; a part of en.ts. */
export const callNoticeWords = {
  incoming: { voice: 'Voice call', video: 'Video call' },
  group: (who: string) => (who === '' ? 'Group call' : `${who} has started a call`),
  missed: { voice: 'Missed voice call', video: 'Missed video call' },
};
