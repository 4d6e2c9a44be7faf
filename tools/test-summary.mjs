// Prints "N passed, N failed[, N skipped]" from a JSON report of the tests. A file that could not be run is one
// failure. node tools/test-summary.mjs <report.json>
import { readFileSync } from 'node:fs';

let counts = { passed: 0, failed: 1, skipped: 0 };
try {
  const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  counts = {
    passed: report.numPassedTests,
    failed: Math.max(report.numFailedTests + broken.length, report.success ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
} catch (error) {
  console.error(`There is no report of the tests: ${error instanceof Error ? error.message : error}`);
}
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
