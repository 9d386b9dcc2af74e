/** What the forms of links make of what is typed, and of links that exist. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { importWebModule } from '../support/web-module.ts';

type Fields = Readonly<Record<string, unknown>>;

/** As web/src/pages/links/link-form.ts has it. */
interface LinkForms {
  readonly EMPTY_FORM: Fields;
  readonly formOf: (link: Fields) => Fields;
  readonly newLinkOf: (form: Fields) => Fields;
  readonly changesOf: (form: Fields, link: Fields) => Fields;
}

/** As web/src/pages/links/campaign.ts has it. */
interface Campaigns {
  readonly campaignIn: (url: string) => { readonly campaign: Fields; readonly rest: string } | undefined;
  readonly targetOf: (url: string, campaign: Fields) => string | undefined;
  readonly suggestionsOf: (links: readonly Fields[]) => Readonly<Record<string, readonly string[]>>;
}

const LINK: Fields = {
  url: 'https://example.org/',
  ...{ title: 'Spring', tags: ['poster'], redirect_type: 302, pass_query: false, utm: {}, rules: [] },
  ...{ starts_at: null, expires_at: null, fallback_url: null, max_visits: null, card: null },
};

const NO_CAMPAIGN: Fields = { source: '', medium: '', campaign: '', term: '', content: '' };

const importForms = (test: TestContext) => importWebModule<LinkForms>(test, 'pages/links/link-form.ts');
const importCampaigns = (test: TestContext) => importWebModule<Campaigns>(test, 'pages/links/campaign.ts');

describe('the forms of links', () => {
  it('change nothing of a link whose fields were left as they are', async (test) => {
    const { changesOf, formOf } = await importForms(test);
    const rule = {
      url: 'https://example.org/de',
      ...{ devices: ['ios', 'android'], languages: ['de', 'pt-BR'], countries: ['DE'], browsers: ['edge'] },
      ...{ query: { ref: 'a&b=c +%', draft: null, empty: '' }, networks: ['192.0.2.0/24', '::1'] },
      ...{ percentage: 5, starts_at: '2026-11-23T10:00:00.000Z' },
    };
    const timed = {
      ...{ starts_at: '2026-11-23T10:00:00.000Z', expires_at: '2026-11-24T10:00:00.000Z' },
      fallback_url: 'https://example.org/over',
    };
    const { rules } = changesOf({ ...formOf({ ...LINK, rules: [rule] }), title: '' }, { ...LINK, rules: [] });
    assert.deepEqual(rules, [rule]);
    for (const link of [
      LINK,
      { ...LINK, ...timed, rules: [rule] },
      { ...LINK, utm: { source: 'mail', term: 'a b' }, max_visits: 3 },
      { ...LINK, card: { title: 'A', image_url: 'https://example.org/a.png' } },
    ])
      assert.deepEqual(changesOf(formOf(link), link), {});
  });

  it('send the campaign as a whole, without what is empty', async (test) => {
    const forms = await importForms(test);
    const utm = { ...NO_CAMPAIGN, source: ' newsletter ', medium: '  ' };
    const typed = { ...forms.EMPTY_FORM, url: 'example.org', utm };
    assert.deepEqual(forms.newLinkOf(typed), { url: 'https://example.org', utm: { source: 'newsletter' } });
    const link = { ...LINK, utm: { source: 'mail', medium: 'email' } };
    const form = forms.formOf(link);
    const changed = { ...form, utm: { ...(form['utm'] as Fields), medium: '' } };
    assert.deepEqual(forms.changesOf(changed, link), { utm: { source: 'mail' } });
    assert.deepEqual(forms.changesOf({ ...form, utm: NO_CAMPAIGN }, link), { utm: {} });
  });

  it('send a card as a whole, and take it away', async (test) => {
    const { changesOf, EMPTY_FORM, formOf, newLinkOf } = await importForms(test);
    const card = { title: ' A ', description: '', imageUrl: 'example.org/a.png' };
    const sent = { title: 'A', image_url: 'https://example.org/a.png' };
    assert.deepEqual(newLinkOf({ ...EMPTY_FORM, url: 'https://a.example/', card })['card'], sent);
    const link = { ...LINK, card: { ...sent, description: 'B' } };
    const changed = { ...formOf(link), card };
    assert.deepEqual(changesOf(changed, link), { card: sent });
    const none = { title: '', description: ' ', imageUrl: '' };
    assert.deepEqual(changesOf({ ...formOf(link), card: none }, link), { card: null });
  });

  it('say when a link opens and where it leads afterwards, and take both back', async (test) => {
    const { changesOf, EMPTY_FORM, formOf, newLinkOf } = await importForms(test);
    const startsAt = '2026-11-23T10:00';
    const starts_at = new Date(startsAt).toISOString();
    const typed = { ...EMPTY_FORM, url: 'https://a.example/', startsAt, fallbackUrl: 'example.org/over' };
    const fallback_url = 'https://example.org/over';
    assert.deepEqual(newLinkOf(typed), { url: 'https://a.example/', starts_at, fallback_url });
    const link = { ...LINK, starts_at, fallback_url };
    const emptied = { ...formOf(link), startsAt: '', fallbackUrl: '' };
    assert.deepEqual(changesOf(emptied, link), { starts_at: null, fallback_url: null });
  });

  it('refuse a rule that names a parameter twice, at its field', async (test) => {
    const { changesOf, formOf } = await importForms(test);
    const link = { ...LINK, rules: [{ url: 'https://example.org/', query: { ref: 'a' } }] };
    const form = formOf(link);
    const [rule] = form['rules'] as readonly Fields[];
    const rulesWith = (query: string) => ({ ...form, rules: [{ ...rule, query }] });
    assert.throws(() => changesOf(rulesWith('ref=a&ref=b'), link), {
      errors: [{ field: 'rules.0.query', message: 'must name each parameter once.' }],
    });
    const { rules } = changesOf(rulesWith('?ref=a+b & lang'), link);
    assert.deepEqual(rules, [{ url: 'https://example.org/', query: { ref: 'a b', lang: null } }]);
  });

  it('take a campaign out of an address, and leave all else as it is spelled', async (test) => {
    const { campaignIn } = await importCampaigns(test);
    assert.deepEqual(
      campaignIn('example.org/a?x=%e4&utm_source=a+b&y&utm_medium=%C3%A4&utm_source=c#utm_term=d'),
      {
        campaign: { source: 'a b', medium: 'ä' },
        rest: 'example.org/a?x=%e4&y#utm_term=d',
      },
    );
    assert.deepEqual(campaignIn('https://example.org/?utm_id=7&utm_campaign=spring'), {
      campaign: { campaign: 'spring' },
      rest: 'https://example.org/?utm_id=7',
    });
    assert.deepEqual(campaignIn(' https://example.org/?utm_content=x'), {
      campaign: { content: 'x' },
      rest: 'https://example.org/',
    });
    for (const none of [
      '',
      'utm_source=a',
      'https://example.org/#?utm_source=a',
      'https://a.org/?utm_source=',
    ])
      assert.equal(campaignIn(none), undefined, none);
  });

  it('show where a campaign leads, once the address is one', async (test) => {
    const { targetOf } = await importCampaigns(test);
    const campaign = { ...NO_CAMPAIGN, source: 'a&b' };
    assert.equal(
      targetOf('example.org/?utm_source=old&x', campaign),
      'https://example.org/?utm_source=a%26b&x',
    );
    for (const none of ['', 'exa mple', 'mailto:alice@example.org'])
      assert.equal(targetOf(none, campaign), undefined, none);
  });

  it('suggest what links had, the latest first and each once', async (test) => {
    const { suggestionsOf } = await importCampaigns(test);
    const links = [
      { link_id: '1000', utm: { source: 'poster' } },
      { link_id: '3000', utm: { source: 'mail', medium: 'email' } },
      { link_id: '2000', utm: { source: 'poster' } },
      { link_id: '4000', utm: {} },
    ];
    const { source, medium, term } = suggestionsOf(links);
    assert.deepEqual({ source, medium, term }, { source: ['mail', 'poster'], medium: ['email'], term: [] });
  });
});
