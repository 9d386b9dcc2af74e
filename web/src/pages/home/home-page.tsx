import { PageHead } from '../../ui/page.tsx';

export function HomePage() {
  return <PageHead title="Home" isRoot />;
}
