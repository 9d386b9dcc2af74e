/**
 * The process that decodes pictures of strangers, and nothing else: whatever one does to it, only it dies. It is told one
 * task at a time, and ends when the server does.
 */

import type { PictureResult, PictureTask } from './picture-task.ts';
import { decodePicture } from './picture-variants.ts';

process.on('message', (task: PictureTask) => {
  void decodePicture(Buffer.from(task.bytes)).then((result: PictureResult) => process.send?.(result));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
