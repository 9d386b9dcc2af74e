/** Chooses pictures, and goes on to the post that they will be on. */
import { useRef, useState } from 'preact/hooks';
import { TYPES } from '../posts/attachments/attachments.ts';
import { Composer } from '../posts/composer.tsx';
import { Button } from '../ui/button.tsx';

export interface PostPhotosProps {
  readonly tone: 'primary' | 'quiet';
  readonly onSent: () => void;
}

export function PostPhotos({ tone, onSent }: PostPhotosProps) {
  const [files, setFiles] = useState<readonly File[]>();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button tone={tone} icon="photo" onClick={() => picker.current?.click()}>
        Post a photo
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        aria-label="Photos to post"
        accept={TYPES.join(',')}
        onChange={({ currentTarget }) => {
          setFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      {files !== undefined && <Composer files={files} onClose={() => setFiles(undefined)} onSent={onSent} />}
    </>
  );
}
