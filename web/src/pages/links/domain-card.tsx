/** A domain: what is to be set up for it until it is verified, and whether it is. */
import { useRef, useState } from 'preact/hooks';
import { post, remove } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Domain } from '../../api/types.ts';
import { announce } from '../../state/announcer.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Time } from '../../ui/time.tsx';

export interface DomainCardProps {
  readonly domain: Domain;
  readonly onChanged: (domain: Domain) => void;
  readonly onRemoved: () => void;
}

export function DomainCard({ domain, onChanged, onRemoved }: DomainCardProps) {
  const { host, verified_at: verifiedAt } = domain;
  const heading = useRef<HTMLHeadingElement>(null);

  function change(verified: Domain): void {
    // The button that was pressed goes.
    heading.current?.focus();
    onChanged(verified);
  }

  return (
    <article class="domain" aria-label={host}>
      <header class="domain-head">
        <h2 dir="ltr" ref={heading} tabIndex={-1}>
          {host}
        </h2>
        <p class={verifiedAt === null ? 'domain-mark' : 'domain-mark domain-mark-done'}>
          <Icon name={verifiedAt === null ? 'clock' : 'check'} />
          {verifiedAt === null ? 'Not verified yet' : 'Verified'}
        </p>
      </header>
      {verifiedAt === null ? (
        <Setup domain={domain} onChanged={change} />
      ) : (
        <>
          <p>
            Choose it under “Options” when you make a link.{' '}
            <span class="muted">
              Verified <Time at={verifiedAt} long />.
            </span>
          </p>
          <details class="link-more">
            <summary>Where it must lead</summary>
            <Leading domain={domain} />
          </details>
        </>
      )}
      <RemoveButton domain={domain} onRemoved={onRemoved} />
    </article>
  );
}

function Setup({ domain, onChanged }: Omit<DomainCardProps, 'onRemoved'>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { verification } = domain;

  async function verify(): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      onChanged(await post<Domain>(`/domains/${domain.domain_id}/verify`));
      showToast({ text: `${domain.host} is verified. New links may be under it.` });
    } catch (error) {
      const failed = toProblem(error);
      setProblem(failed);
      announce(failed.message, { urgent: true });
    } finally {
      setBusy(false);
    }
  }

  return (
    <ol class="domain-steps">
      <li>
        <p>Let it lead here: where its DNS is kept, add</p>
        <Leading domain={domain} />
      </li>
      <li>
        <p>Show that it is yours. Add</p>
        <DnsRecord
          name={verification.record_name}
          type={verification.record_type}
          value={verification.record_value}
        />
        <p class="muted small">
          Or serve that value alone at <span dir="ltr">{verification.file_url}</span>
        </p>
      </li>
      <li>
        <p>Then:</p>
        <p>
          <Button tone="primary" busy={busy} onClick={() => void verify()}>
            Verify the domain
          </Button>
        </p>
        {problem === undefined ? (
          <p class="muted small">A change of the DNS may take some minutes to be seen, seldom hours.</p>
        ) : (
          <p class="form-problem">{problem.message}</p>
        )}
      </li>
    </ol>
  );
}

function Leading({ domain: { host, target_host: target } }: { readonly domain: Domain }) {
  // A server that is tried out has an address and no name.
  const type = /^[\d.]+$/.test(target) ? 'A' : target.includes(':') ? 'AAAA' : 'CNAME';
  return <DnsRecord name={host} type={type} value={target} />;
}

function DnsRecord(props: { readonly name: string; readonly type: string; readonly value: string }) {
  const { name, type, value } = props;
  return (
    <dl class="dns">
      <div>
        <dt>Type</dt>
        <dd>{type}</dd>
      </div>
      <div>
        <dt>Name</dt>
        <dd dir="ltr">{name}</dd>
        <dd>
          <CopyButton text={name} label={`Copy the name of the ${type} record`} />
        </dd>
      </div>
      <div>
        <dt>Value</dt>
        <dd dir="ltr">{value}</dd>
        <dd>
          <CopyButton text={value} label={`Copy the value of the ${type} record`} />
        </dd>
      </div>
    </dl>
  );
}

function RemoveButton({ domain, onRemoved }: Omit<DomainCardProps, 'onChanged'>) {
  const [isAsked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const { domain_id: id, host, verified_at: verifiedAt } = domain;

  async function letGo(): Promise<void> {
    setBusy(true);
    try {
      await remove(`/domains/${id}`);
      showToast({ text: `${host} is removed.` });
      onRemoved();
    } catch (error) {
      setBusy(false);
      setAsked(false);
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <p>
      <Button size="small" tone="danger" aria-label={`Remove ${host}`} onClick={() => setAsked(true)}>
        Remove
      </Button>
      {isAsked && (
        <Confirmation
          title={`Remove ${host}?`}
          text={
            verifiedAt === null
              ? 'It can be added again, with another value to set.'
              : 'All links under it are deleted, with what was counted, and lead nowhere at once. This cannot be undone.'
          }
          confirm="Remove"
          busy={busy}
          onConfirm={() => void letGo()}
          onClose={() => setAsked(false)}
        />
      )}
    </p>
  );
}
