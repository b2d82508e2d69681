/**
 * A small API server in memory: lists, watches with history and 410, dry runs, conflicts, logs,
 * access reviews, discovery, Tables. It knows as much of Kubernetes as the dashboard asks for, and
 * lets a test break what a real server breaks only now and then.
 */
@NullMarked
package dev.coracle.dashboard.fake;

import org.jspecify.annotations.NullMarked;
