/** What people report, and closing it. */
import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, Report } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { ModerationFrame } from './moderation-frame.tsx';
import { ReportCase } from './report-case.tsx';

type Status = Report['status'];

export function ReportsPage() {
  const status = entry.value.query.get('status') === 'resolved' ? 'resolved' : 'open';
  return (
    <ModerationFrame current="/moderation">
      <Reports key={status} status={status} />
    </ModerationFrame>
  );
}

function Reports({ status }: { readonly status: Status }) {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, status, () =>
    createItemList<Report>((pageToken) =>
      get<Page<Report>>('/moderation/reports', { query: { status, page_token: pageToken ?? undefined } }),
    ),
  );
  return (
    <>
      <p class="case-head">
        {status === 'open' ? (
          <a href="/moderation?status=resolved">Show those that are closed</a>
        ) : (
          <a href="/moderation">Show those that are open</a>
        )}
      </p>
      <ItemList
        list={list}
        what="The reports could not be loaded"
        keyOf={({ report_id: id }) => id}
        show={(report) => (
          <ReportCase
            report={report}
            onResolved={(resolved) =>
              list.change((reports) =>
                reports.map((each) => (each.report_id === resolved.report_id ? resolved : each)),
              )
            }
          />
        )}
        empty={<Empty title={status === 'open' ? 'Nothing is reported' : 'No report was closed yet'} />}
      />
    </>
  );
}
