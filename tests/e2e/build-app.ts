import { buildIfStale } from '../support/build.ts';

/** Playwright's global setup: the server under test serves the app as it is now. */
export default buildIfStale;
