/**
 * How a component talks to the API and keeps up with it: {@link dev.coracle.client.Client} (in the
 * same process or over HTTPS), {@link dev.coracle.client.Informer} and {@link
 * dev.coracle.client.Lister} (a local, indexed, live copy of a resource), {@link
 * dev.coracle.client.WorkQueue} and {@link dev.coracle.client.Reconciler} (level-based work on
 * names), {@link dev.coracle.client.LeaderElection} and {@link dev.coracle.client.EventRecorder}.
 */
@NullMarked
package dev.coracle.client;

import org.jspecify.annotations.NullMarked;
