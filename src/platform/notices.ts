/** Notifications of the system, for what happens while the page is not seen. */
import { Cell, type Observable } from '../lib/observable.ts';

/** `unasked`: the person has not been asked yet. `refused`: only the browser's own settings can change it. */
export type NoticePermission = 'unasked' | 'granted' | 'refused' | 'unsupported';

export interface Notice {
  /** One with the same tag takes the place of the earlier. */
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  /** Stays until it is answered. */
  readonly insistent: boolean;
  clicked(): void;
}

export interface Notices {
  readonly permission: Observable<NoticePermission>;
  /** Must be called from a click: browsers refuse a page that asks by itself, for good. */
  ask(): Promise<void>;
  /** Shows it if the person allows; returns how to take it back. */
  show(notice: Notice): () => void;
}

type SystemNotification = Pick<typeof Notification, 'permission' | 'requestPermission'> & typeof Notification;

export function createNotices(system: SystemNotification | undefined = (globalThis as Partial<typeof globalThis>).Notification): Notices {
  const permission = new Cell(permissionOf(system));
  return {
    permission,
    async ask() {
      await system?.requestPermission();
      permission.set(permissionOf(system));
    },
    show(notice) {
      if (!system || permissionOf(system) !== 'granted') return () => undefined;
      try {
        return shown(new system(notice.title, optionsOf(notice)), notice);
      } catch {
        // Android has them from service workers only, where nobody would hear the click: the page rings by itself.
        return () => undefined;
      }
    },
  };
}

function shown(notification: Notification, notice: Notice): () => void {
  notification.addEventListener('click', () => {
    window.focus();
    notification.close();
    notice.clicked();
  });
  return () => notification.close();
}

function optionsOf({ tag, body, insistent }: Notice): NotificationOptions {
  // The page makes its own sounds, or is quiet because the person wants it so.
  return { tag, body, requireInteraction: insistent, silent: true };
}

function permissionOf(system: SystemNotification | undefined): NoticePermission {
  switch (system?.permission) {
    case undefined:
      return 'unsupported';
    case 'default':
      return 'unasked';
    case 'granted':
      return 'granted';
    case 'denied':
      return 'refused';
  }
}
