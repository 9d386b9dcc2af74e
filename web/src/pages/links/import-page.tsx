/** Taking over links of another shortener: a trial first, that says of each row what would become of it. */
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { announce } from '../../state/announcer.ts';
import { isSignedIn } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { countText } from '../../ui/count.tsx';
import { Field, Select, TextField } from '../../ui/field.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Failure } from '../../ui/states.tsx';
import { ImportResults } from './import-results.tsx';
import { type Format, type ImportRun, runImport } from './import-run.ts';
import './import-page.css';

const FORMAT_CHOICES = [
  { value: 'csv', label: 'A table (CSV), or our own export' },
  { value: 'bitly', label: 'Bitly' },
  { value: 'yourls', label: 'YOURLS' },
  { value: 'kutt', label: 'Kutt' },
  { value: 'shlink', label: 'Shlink' },
] as const;

const HINTS: Readonly<Record<Format, string>> = {
  csv: 'The first line names the columns: url, and any of alias, title, tags (with | between), expires_at, max_visits.',
  bitly: 'The CSV of its export, or the JSON that its API answers.',
  yourls: 'Its table as CSV, JSON or SQL.',
  kutt: 'The JSON that its API answers, or CSV.',
  shlink: 'The JSON that its API answers, or CSV.',
};
const EXAMPLE = 'url,alias,title\nhttps://example.org/spring,spring-sale,Spring sale';
const BYTES_MAX = 16 * 1_048_576;

export function ImportPage() {
  return isSignedIn.value ? <Import /> : <SignInFirst title="Import links" what="your short links" />;
}

function Import() {
  const [format, setFormat] = useState<Format>('csv');
  const [file, setFile] = useState<File>();
  const [text, setText] = useState('');
  const [trial, setTrial] = useState<ImportRun>();
  const [run, setRun] = useState<ImportRun>();
  const [mistake, setMistake] = useState<string>();
  const table = file ?? text;
  const shown = run ?? trial;
  const isRunning = shown?.isRunning.value === true;
  const problem = shown?.problem.value;
  const isUnread = problem !== undefined && shown?.results.value.length === 0;
  const isRefused = isUnread && problem.status >= 400 && problem.status < 500 && problem.status !== 429;

  // What was found out was of another table.
  useEffect(() => {
    setTrial(undefined);
    setRun(undefined);
    setMistake(undefined);
  }, [format, file, text]);
  useEffect(() => () => shown?.stop(), [shown]);
  useEffect(() => {
    if (shown === undefined || isRunning || isUnread) return;
    announce(
      `${shown.isTrial ? 'Tried' : 'Imported'}: ${countText(shown.results.value.length, 'row', 'rows')}`,
    );
  }, [isRunning]);

  function start(isTrial: boolean): void {
    if (file === undefined && text.trim() === '') setMistake('Choose a file, or paste a table.');
    else if ((file?.size ?? text.length) > BYTES_MAX) setMistake('It is larger than 16 MiB: divide it.');
    else if (isTrial) setTrial(runImport(format, table, true));
    else setRun(runImport(format, table, false));
  }

  const would = trial?.counts.value;
  const toImport = would === undefined ? 0 : would.kept + would.renamed + would.created;
  const mayImport = trial !== undefined && !trial.isRunning.value && toImport > 0 && !isOver(run);
  return (
    <>
      <PageHead title="Import links" />
      <div class="page-body">
        <form
          class="form import-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!isRunning) start(true);
          }}
        >
          <Select label="From" value={format} choices={FORMAT_CHOICES} onChoose={setFormat} />
          <Field
            label="File"
            type="file"
            accept=".csv,.json,.ndjson,.jsonl,.sql,.txt"
            hint={`${HINTS[format]} Up to 10,000 rows and 16 MiB.`}
            error={mistake}
            onChange={({ currentTarget }) => setFile(currentTarget.files?.[0])}
          />
          {file === undefined && (
            <TextField
              label="Or paste it"
              placeholder={format === 'csv' ? EXAMPLE : undefined}
              spellcheck={false}
              rows={5}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          )}
          <p class="muted small">
            Nothing is changed by trying. Links keep their codes where those are free here, and what was
            imported before is skipped: an import that was interrupted can be repeated.
          </p>
          <div class="import-buttons">
            <Button
              type="submit"
              tone={mayImport ? 'plain' : 'primary'}
              busy={trial?.isRunning.value === true}
            >
              Try it
            </Button>
            {mayImport && (
              <Button tone="primary" busy={run !== undefined} onClick={() => start(false)}>
                Import {countText(toImport, 'link', 'links')}
              </Button>
            )}
            {isRunning && <Button onClick={() => shown.stop()}>Stop</Button>}
          </div>
        </form>
        {shown !== undefined && !isUnread && (
          <ImportResults
            key={shown.isTrial ? 'trial' : 'run'}
            run={shown}
            rowCount={rowCountOf(shown, trial)}
          />
        )}
        {shown !== undefined && problem !== undefined && (
          <Failure
            what={shown.isTrial ? 'It could not be read' : 'The import was interrupted'}
            problem={tableProblem(problem)}
            // The same table would be refused again.
            onRetry={isRefused ? undefined : () => start(shown.isTrial)}
          />
        )}
      </div>
    </>
  );
}

/** The server calls the table a body. */
function tableProblem(problem: Problem): Problem {
  const mistake = problem.errors.find(({ field }) => field === 'body');
  return mistake === undefined ? problem : new Problem(`The table ${mistake.message}`, problem);
}

function isOver(run: ImportRun | undefined): boolean {
  return run !== undefined && !run.isRunning.value;
}

/** The trial has counted them. */
function rowCountOf(shown: ImportRun, trial: ImportRun | undefined): number | undefined {
  return shown.isTrial || trial === undefined ? undefined : trial.results.value.length;
}
