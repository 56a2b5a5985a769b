import type { callNoticeWords as english } from './en-call-notices.ts';

export const callNoticeWords: typeof english = {
  incoming: { voice: '语音通话', video: '视频通话' },
  group: (who) => (who === '' ? '群通话' : `${who} 发起了通话`),
  missed: { voice: '未接语音通话', video: '未接视频通话' },
};
