/**
 * The process that decodes pictures of strangers, and nothing else: whatever one does to it, only it dies. It is told one
 * task at a time, and ends when the server does.
 */

import { cutPicture } from './picture-cut.ts';
import type { PictureResult, PictureTask } from './picture-task.ts';
import { decodePicture } from './picture-variants.ts';

process.on('message', ({ bytes, cut }: PictureTask) => {
  const picture = Buffer.from(bytes);
  const result = cut === undefined ? decodePicture(picture) : cutPicture(picture, cut);
  void result.then((answer: PictureResult) => process.send?.(answer));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
