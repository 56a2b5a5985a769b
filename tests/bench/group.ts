/** `npm run bench -- group`: what groups cost, from the resolver in Node to eight people's pages. */
import { benchCatchUp } from './group-catch-up.ts';
import { benchGroupLinks } from './group-links.ts';
import { benchGroupMessages } from './group-messages.ts';
import { benchGroupResolver } from './group-resolver.ts';
import { benchFirstSync } from './group-sync.ts';

export async function benchGroup(): Promise<void> {
  await benchGroupResolver();
  await benchGroupMessages();
  await benchFirstSync();
  await benchCatchUp();
  await benchGroupLinks();
}
