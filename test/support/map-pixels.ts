/** What a map of the web app has drawn on its canvas, of which the page has no elements. */
import type { Page } from 'playwright-core';

/** How many pixels of the canvas have the colour of the theme that is called so. */
export async function pixelsOf(page: Page, token: string): Promise<number> {
  // As text: the types of a page are not those of the tests.
  const count = await page.evaluate(`(() => {
    const canvas = document.querySelector('.ride-map canvas');
    const probe = document.createElement('i');
    canvas.parentElement.append(probe);
    probe.style.color = 'var(--${token})';
    const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
    }
    return count;
  })()`);
  return Number(count);
}
