/**
 * Everything Parley says, in English. The type of this object is what every language satisfies: a sentence missing
 * elsewhere does not compile. Sentences with a value in them are functions.
 */
const plural = new Intl.PluralRules('en');

function counted(count: number, one: string, other: string): string {
  return `${count} ${plural.select(count) === 'one' ? one : other}`;
}

export const en = {
  appName: 'Parley',
  back: 'Back',
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  dismiss: 'Dismiss',
  goOn: 'Continue',
  loading: 'One moment…',

  language: { label: 'Language' },
  theme: { label: 'Theme', light: 'Light', dark: 'Dark', system: 'Same as the system' },

  starting: { wait: 'Opening Parley…' },
  impossible: {
    title: 'Parley cannot run here',
    storageRefused:
      'This browser does not let pages keep anything, and Parley keeps your whole account in the browser. A private window is the usual cause: open Parley in an ordinary window, or allow this site to store data.',
    tooOld: 'This browser is too old for what Parley needs. A current Firefox, Chrome, Edge or Safari will do.',
    retry: 'Try again',
  },
  elsewhere: {
    title: 'Parley is open in another tab',
    text: 'Your account can be open in one tab at a time.',
    useHere: 'Use it here',
    back: 'Not now',
  },

  entrance: {
    title: 'Parley',
    slogan: 'Face to face, browser to browser.',
    welcome:
      'Your messages go straight from your browser to theirs, sealed so that only the two of you can read them. Nothing is kept on a server, so your account lives in this browser.',
    invited: 'You have been invited to talk. Create your account, then answer the invitation.',
    create: 'Create account',
    logIn: 'Log in',
    otherAccount: 'Use another account',
    installable: 'Install Parley',
  },
  register: {
    title: 'Create your account',
    userName: 'User name',
    userNameHint: 'How your contacts will see you.',
    password: 'Password',
    passwordHint: 'It opens your account in this browser. Several unrelated words make a good one.',
    submit: 'Continue',
    working: 'Making your keys… this takes a moment.',
    haveOne: 'I have an account in this browser',
  },
  password: {
    show: 'Show password',
    hide: 'Hide password',
    strength: 'Password strength',
    strengthIs: (score: string) => `Password strength: ${score}`,
    scores: ['guessed at once', 'weak', 'fair', 'strong', 'very strong'],
  },
  phrase: {
    title: 'Your 24 words',
    warning:
      'Write these words down and keep them safe. They are the only way back into your account if you forget your password, and they are shown only this once.',
    list: 'Recovery words',
    saved: 'I have written them down',
    download: 'Download',
    print: 'Print',
    fileName: 'parley-recovery-words.txt',
    fileTitle: (name: string) => `Parley recovery words of ${name}`,
    askTitle: 'Check your words',
    askText: 'Type these three words from your list.',
    position: (position: number) => `Word ${position}`,
    check: 'Finish',
    wrong: 'These are not the words from your list. Check the spelling, or look at the list again.',
    lookAgain: 'Look at the words again',
    finishing: 'Storing your account…',
  },
  logIn: {
    title: 'Log in',
    lockedTitle: (name: string) => `Welcome back, ${name}`,
    userName: 'User name',
    password: 'Password',
    submit: 'Log in',
    unlock: 'Unlock',
    working: 'Opening your account…',
    wrongPassword: (triesLeft: number) =>
      triesLeft === 0
        ? 'Wrong password. After another wrong one you have to wait.'
        : `Wrong password. ${counted(triesLeft, 'more try', 'more tries')} before you have to wait.`,
    lockedOut: (wait: string) => `Too many wrong passwords. Try again in ${wait}.`,
    create: 'Create a new account',
  },

  failures: {
    'name-empty': 'Please enter a user name.',
    'name-too-long': (limit: number) => `This name is too long: at most ${counted(limit, 'character', 'characters')}.`,
    'name-taken': 'This name is taken by another account in this browser.',
    'password-weak': 'This password is too easy to guess. Make it longer, or add another word or two.',
    'no-such-account': 'This browser has no account with that name. Accounts live in the browser they were made in.',
    'wrong-password': 'Wrong password. Please try again.',
    'vault-damaged': 'The stored account is damaged and cannot be opened.',
    'storage-full': 'The disk is full, so nothing more can be stored. Free some space and try again.',
    'storage-refused': 'The browser refused to store this. Check its settings for this site and try again.',
    'not-an-invite': 'This is not a Parley invitation. Copy the whole link and paste it again.',
    'invite-damaged': 'This invitation is incomplete. Copy the whole link and paste it again, or ask for a new one.',
    'invite-expired': 'This invitation has expired. Ask for a new one.',
    'invite-own': 'This is your own invitation. Send it to the person you want to talk to.',
    'already-contact': 'You are already in contact.',
    'text-empty': 'There is nothing to send yet.',
    'text-too-long': (bytes: number, limit: number) =>
      `This message is too long: ${kilobytes(bytes)} of at most ${kilobytes(limit)} KB. Shorten it or send it in parts.`,
  },
  acceptFailures: {
    'invite-expired': (name: string) => `The invitation from ${name} expired before they confirmed. Ask for a new one.`,
    'invite-used': (name: string) => `The invitation from ${name} has been used or withdrawn. Ask for a new one.`,
    'invite-refused': (name: string) => `Whoever answered could not prove to be ${name}, so nothing was set up. Ask for a new invitation.`,
  },
  troubles: {
    region: 'Notices',
    'storage-full': 'The disk is full: new messages cannot be stored until you free some space.',
    'storage-refused': 'The browser refuses to store data. Reload the page; if it stays, check the settings for this site.',
    unexpected: 'Something went wrong that should not have. Your messages are safe; reload if Parley behaves oddly.',
    details: 'Details',
    reload: 'Reload',
  },
  update: { text: 'A newer Parley is ready.', reload: 'Reload' },

  presence: {
    menu: 'Presence',
    online: 'Online',
    away: 'Away',
    busy: 'Busy',
    invisible: 'Invisible',
    offline: 'Offline',
    awayByIdleness: 'Away (idle)',
    invisibleHint: 'You look offline to everyone.',
  },
  connection: {
    label: 'Connection',
    online: 'Connected',
    connecting: 'Connecting…',
    offline: 'Offline — trying again…',
    retryIn: (seconds: number) => `Offline — trying again in ${seconds} s`,
    tryNow: 'Try now',
    impossible: 'This browser cannot connect: WebRTC is switched off.',
  },
  menu: {
    label: 'Menu',
    invite: 'Invite',
    about: 'What is protected',
    install: 'Install Parley',
    lock: 'Lock',
    logOut: 'Log out',
  },

  list: {
    region: 'Conversations',
    filter: 'Search conversations',
    nothingFound: (filter: string) => `Nobody is called “${filter}”.`,
    emptyTitle: 'Nobody here yet',
    emptyText: 'Invite someone: send a link or let them scan a code.',
    draft: 'Draft:',
    you: 'You:',
    noMessages: 'No messages yet',
    unread: (count: number) => counted(count, 'unread message', 'unread messages'),
    waiting: 'Waiting for them to confirm',
    waitingReason: (name: string) => `${name} has to be online once. Leave Parley open, or come back later.`,
    cancelWaiting: (name: string) => `Cancel waiting for ${name}`,
    choose: 'Choose a conversation, or invite someone new.',
  },

  invite: {
    title: 'Invite',
    text: 'Send this link, or let them scan the code.',
    making: 'Making an invitation…',
    qr: 'Invitation as a QR code',
    link: 'Invitation link',
    copyLink: 'Copy link',
    share: 'Share',
    shareText: 'Talk to me on Parley:',
    terms: (until: string) => `Works once. Expires ${until}.`,
    another: 'Create another',
    used: 'This invitation has been used. Your new contact appears in the list.',
    open: 'Open invitations',
    madeUntil: (moment: string) => `Valid until ${moment}`,
    show: 'Show',
    withdraw: 'Withdraw',
    pasteTitle: 'Have you been invited?',
    paste: 'Paste an invitation link',
    read: 'Open',
  },
  accept: {
    title: 'Invitation',
    text: (name: string) => `${name} invites you to talk.`,
    nameless: 'Someone invites you to talk.',
    unproven: 'The name comes from the link. Accept only if you know who sent it.',
    expires: (until: string) => `Expires ${until}.`,
    accept: 'Accept',
    decline: 'Decline',
    openChat: 'Open the conversation',
  },

  chat: {
    log: 'Messages',
    newMessages: 'New messages',
    jump: 'Jump to latest',
    jumpUnread: (count: number) => `Jump to latest, ${counted(count, 'new message', 'new messages')}`,
    you: 'You',
    messageBy: (author: string, time: string) => `${author}, ${time}`,
    announced: (author: string, text: string) => `${author}: ${text}`,
    status: { queued: 'Waiting to be sent', sent: 'Sent', delivered: 'Delivered' },
    beginning: (name: string) => `This is the beginning of your talk with ${name}.`,
    info: 'Contact info',
  },
  composer: {
    label: 'Message',
    placeholder: 'Write a message',
    send: 'Send',
    laterOffline: (name: string) => `${name} is offline. Your message waits here and is delivered when both of you are online.`,
    laterAway: (name: string) => `${name} is away.`,
    laterUnconnected: 'You are offline. Your message waits here and is sent when you are back.',
  },
  link: {
    label: 'Link',
    none: 'Not connected',
    connecting: 'Connecting…',
    direct: 'Direct, browser to browser',
    relayed: 'Relayed, still sealed end to end',
  },
  contact: {
    region: 'Contact info',
    close: 'Close contact info',
    fingerprint: 'Account id',
    fingerprintHint: 'The start of their public key. Compare it with them over another channel if you want to be sure.',
    since: (date: string) => `In contact since ${date}`,
    remove: 'Remove contact',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText: (name: string) =>
      `This deletes ${name} and your whole conversation from this browser, including messages still waiting to be sent. It cannot be undone. They are not told, and they keep their own copy.`,
    removeConfirm: 'Remove',
  },

  logOut: {
    title: 'Log out?',
    text: 'Your account and messages stay in this browser, sealed with your password. Without Parley open you receive nothing.',
    confirm: 'Log out',
  },

  about: {
    title: 'What is protected',
    lead: 'The plain truth about what Parley does for you, and what it does not.',
    protectedTitle: 'Protected',
    protectedPoints: [
      'What you say is sealed end to end, with keys that change all the time and also withstand the quantum computers to come.',
      'The server only helps two browsers find each other. It sees neither messages, nor names, nor who knows whom.',
      'Everything kept in this browser is sealed with your password.',
    ],
    openTitle: 'Not protected',
    openPoints: [
      'Parley has not been audited by independent experts.',
      'Talking straight to each other shows your internet address to the people you talk to, and to the server.',
      'Whoever serves this page serves its code: you trust them not to change it.',
      'Someone with access to your unlocked device reads what you read.',
      'Whoever you talk to can keep and pass on what you say.',
    ],
    lossTitle: 'Only you can lose it',
    loss: 'There is no copy on a server. If you clear this browser’s data, your account and messages are gone.',
  },
};

export type Words = typeof en;

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
