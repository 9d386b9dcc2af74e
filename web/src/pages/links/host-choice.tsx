/** Under which host name a link is opened: that of the server, or one of the person's own. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Domain, Page } from '../../api/types.ts';
import { Select } from '../../ui/field.tsx';

/** Nothing for who has none, which is nearly everybody. */
export function HostChoice(props: { readonly host: string; readonly onChoose: (host: string) => void }) {
  const [hosts, setHosts] = useState<readonly string[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    get<Page<Domain>>('/domains', { signal: ended.signal })
      .then(({ items }) =>
        setHosts(items.filter(({ verified_at: at }) => at !== null).map(({ host }) => host)),
      )
      .catch(() => undefined);
    return () => ended.abort();
  }, []);
  if (hosts.length === 0) return null;
  const choices = [
    { value: '', label: 'The usual one of this server' },
    ...hosts.map((host) => ({ value: host, label: host })),
  ];
  return <Select label="Host" value={props.host} choices={choices} onChoose={props.onChoose} />;
}
