/** Photos by month, in rows of one height, each with the shape that it has: their places are there before they are. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { get } from '../api/http.ts';
import type { Photo } from '../api/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { countText } from '../ui/count.tsx';
import { Icon } from '../ui/icon.tsx';
import { EndMark, type Items } from '../ui/item-list.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { MonthScrubber } from './month-scrubber.tsx';
import { monthsOf } from './months.ts';
import { PhotoBox } from './photo-box.tsx';
import './photo-grid.css';
import './photo-wall.css';
import { isWarned, slidesOfPhoto } from './slides.ts';
import { useFresh } from './use-fresh.ts';
import { isPlainClick, useViewer } from './use-viewer.tsx';

export interface PhotoWallProps {
  readonly list: Items<Photo>;
  /** Whose they are is said beside each. */
  readonly withAuthors?: boolean;
  readonly empty: ComponentChildren;
}

/** Strips and towers are cut; the viewer shows them whole. */
const RATIO_MIN = 0.6;
const RATIO_MAX = 2.6;
const UNKNOWN_RATIO = 4 / 3;
const SIZES = '(min-width: 700px) 300px, 50vw';

export function PhotoWall({ list, withAuthors = false, empty }: PhotoWallProps) {
  const photos = list.items.value;
  const { isLoading, isComplete, problem } = list;
  const months = monthsOf(photos);
  const { open, viewer } = useViewer({
    slides: photos.flatMap(slidesOfPhoto),
    onNearEnd: isComplete.value ? undefined : () => void list.more(),
  });
  useEffect(() => {
    if (photos.length === 0) void list.more();
  }, [list]);

  function openAt(photo: Photo): void {
    open(photos.slice(0, photos.indexOf(photo)).flatMap(slidesOfPhoto).length);
  }

  return (
    <div class="photo-wall" aria-busy={isLoading.value}>
      {months.map(({ key, name, photos: ofMonth }) => (
        <section key={key} aria-label={name} data-month={key}>
          <h2 class="photo-month" tabIndex={-1}>
            {name}
          </h2>
          <ul class="photo-rows">
            {ofMonth.map((photo) => (
              <Tile
                key={photo.photo_id}
                photo={photo}
                withAuthor={withAuthors}
                onOpen={() => openAt(photo)}
                onFresh={(fresh) =>
                  list.change((known) => known.map((each) => (isSame(each, fresh) ? fresh : each)))
                }
              />
            ))}
          </ul>
        </section>
      ))}
      {months.length > 1 && <MonthScrubber months={months} />}
      {isComplete.value && photos.length === 0 && empty}
      {problem.value !== undefined && (
        <Failure
          what="The photos could not be loaded"
          problem={problem.value}
          onRetry={() => void list.more()}
        />
      )}
      {isLoading.value && <Skeleton rows={photos.length === 0 ? 3 : 1} />}
      {!isComplete.value && problem.value === undefined && <EndMark onNear={() => void list.more()} />}
      {viewer}
    </div>
  );
}

function isSame(one: Photo, other: Photo): boolean {
  return one.photo_id === other.photo_id;
}

interface TileProps {
  readonly photo: Photo;
  readonly withAuthor: boolean;
  readonly onOpen: () => void;
  readonly onFresh: (photo: Photo) => void;
}

function Tile({ photo, withAuthor, onOpen, onFresh }: TileProps) {
  const { author, photo_id: id, content_warning: warning, media } = photo;
  const isHidden = isWarned(warning);
  const [first] = media;
  const refresh = useFresh({
    isProcessing: photo.state === 'processing',
    async look() {
      const fresh = await get<Photo>(`/photos/${id}`).catch(() => undefined);
      if (fresh !== undefined) onFresh(fresh);
    },
  });
  const ratio = ratioOf(photo);
  return (
    <li
      class={withAuthor ? 'photo-tile photo-tile-named' : 'photo-tile'}
      style={{ '--ratio': String(ratio) }}
    >
      <a
        class="photo"
        // What is behind a warning is seen at its post, after the warning.
        href={`/@${author.username}/${id}${isHidden ? '' : '/photo/1'}`}
        onClick={(event) => {
          if (isHidden || !isPlainClick(event)) return;
          event.preventDefault();
          onOpen();
        }}
      >
        {isHidden || first === undefined ? (
          <span class="photo-hidden small">
            <Icon name="eye" /> Content warning: <bdi>{warning}</bdi>
          </span>
        ) : (
          <PhotoBox media={first} alt={nameOf(photo)} sizes={SIZES} isCropped onFailed={refresh} />
        )}
        {media.length > 1 && !isHidden && (
          <span class="photo-mark photo-more small">
            {media.length}
            <span class="unseen"> pictures</span>
          </span>
        )}
      </a>
      {withAuthor && (
        <a class="photo-mark photo-author small" href={`/@${author.username}`}>
          <Avatar user={author} size={20} />
          <bdi class="one-line">{author.display_name}</bdi>
        </a>
      )}
      {photo.like_count + photo.comment_count > 0 && (
        <span class="unseen">
          {countText(photo.like_count, 'like', 'likes')},{' '}
          {countText(photo.comment_count, 'comment', 'comments')}
        </span>
      )}
    </li>
  );
}

function ratioOf({ width, height, content_warning: warning }: Photo): number {
  if (isWarned(warning) || width === null || height === null) return UNKNOWN_RATIO;
  return Math.min(Math.max(width / height, RATIO_MIN), RATIO_MAX);
}

function nameOf({ alt, caption }: Photo): string {
  if (alt !== null) return `Photo: ${alt}`;
  return caption === ''
    ? 'Photo without a description'
    : `Photo without a description, of the post: ${caption}`;
}
