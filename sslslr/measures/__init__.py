"""What can be measured: probes, collapse, maps and inertia, benchmarks' measures, intervals."""
