/** Tells of unread messages where a hidden tab can be seen: in its title and its icon. */

const ICON = '/favicon.svg';
const ICON_UNREAD = '/favicon-unread.svg';

/** A message that is read as it arrives is no news; and changing the icon costs more than showing the message. */
const SETTLE_MS = 300;

/** "(3) Parley" while there are unread messages, with `count` as the language writes it. Returns its undo. */
export function announceUnread(unread: number, appName: string, count: string): () => void {
  const timer = setTimeout(() => {
    document.title = unread > 0 ? `(${count}) ${appName}` : appName;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = unread > 0 ? ICON_UNREAD : ICON;
  }, SETTLE_MS);
  return () => clearTimeout(timer);
}
