/** Host names of one's own for short links: brought here, proved to be one's own, and let go. */
import { useState } from 'preact/hooks';
import { get, post } from '../../api/http.ts';
import type { Domain, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { isSignedIn } from '../../state/session.ts';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { createItemList, ItemList, type Items } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { DomainCard } from './domain-card.tsx';
import './links-page.css';
import './domains-page.css';

export function DomainsPage() {
  return isSignedIn.value ? <Domains /> : <SignInFirst title="Your domains" what="your domains" />;
}

function Domains() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'domains', () =>
    createItemList<Domain>((pageToken) =>
      get<Page<Domain>>('/domains', { query: { page_token: pageToken ?? undefined } }),
    ),
  );

  function change(changed: Domain): void {
    list.change((known) => known.map((each) => (each.domain_id === changed.domain_id ? changed : each)));
  }

  return (
    <>
      <PageHead title="Your domains" />
      <NewDomain list={list} />
      <ItemList
        list={list}
        what="Your domains could not be loaded"
        keyOf={({ domain_id: id }) => id}
        show={(domain) => (
          <DomainCard
            domain={domain}
            onChanged={change}
            onRemoved={() =>
              list.change((known) => known.filter(({ domain_id: id }) => id !== domain.domain_id))
            }
          />
        )}
        empty={
          <Empty title="No domain of yours yet">
            <p class="muted">
              Links are under the name of this server. With a domain they are under yours, such as
              go.example.org/spring.
            </p>
          </Empty>
        }
      />
    </>
  );
}

function NewDomain({ list }: { readonly list: Items<Domain> }) {
  const [host, setHost] = useState('');
  const form = useForm(async () => {
    const made = await post<Domain>('/domains', { host: hostIn(host) });
    list.change((known) => [made, ...known]);
    setHost('');
  });
  return (
    <div class="domain-new">
      <Form form={form} button="Add the domain">
        <FormField
          form={form}
          name="host"
          label="Domain"
          hint="One that you can change the DNS of, such as go.example.org. Links have it to themselves: not that of your site."
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          dir="ltr"
          inputMode="url"
          required
          value={host}
          onValue={setHost}
        />
      </Form>
    </div>
  );
}

/** People copy whole addresses. */
function hostIn(text: string): string {
  return text
    .trim()
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/.*$/, '');
}
