/** Looking at a page as a careful visitor would: on a desk and in a hand, for what sticks out and for what axe finds. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { ROOT } from './build.ts';

const FOLDER = join(ROOT, 'test-results', 'screens');
const SIZES = { desk: { width: 1280, height: 800 }, hand: { width: 390, height: 844 } } as const;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Of axe's best practices, those by which a screen reader finds its way about. */
const LANDMARKS = ['landmark-one-main', 'page-has-heading-one', 'landmark-unique'];

/** Photographs the page at each size, and looks for what sticks out and for what axe finds. Leaves it at desk size. */
export async function lookAt(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const [sizeName, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    // Colours that are still on their way would be neither light nor dark.
    await page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
          .map(({ finished }) => finished),
      ),
    );
    await page.screenshot({ path: join(FOLDER, `${name}-${sizeName}.png`) });
    expect(await whatSticksOut(page), `${name} at ${sizeName} size`).toEqual([]);
    expect(await whatAxeFinds(page), `${name} at ${sizeName} size, accessibility`).toEqual([]);
  }
  await page.setViewportSize(SIZES.desk);
}

async function whatAxeFinds(page: Page): Promise<readonly string[]> {
  const byRules = await new AxeBuilder({ page }).withTags(RULES).analyze();
  // Behind a dialog the page is out of reach, its landmarks too.
  const isModal = (await page.locator('[role="dialog"], [role="alertdialog"]').count()) > 0;
  const byLandmarks = isModal ? [] : (await new AxeBuilder({ page }).withRules(LANDMARKS).analyze()).violations;
  return [...byRules.violations, ...byLandmarks].map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} (${failureSummary ?? ''})`).join(' | ')}`,
  );
}

/** Visible elements whose box leaves the window sideways, unless something around them scrolls or cuts on purpose. */
async function whatSticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map(
        (element) =>
          `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} reaches ${Math.round(element.getBoundingClientRect().right)} px`,
      );
  });
}
