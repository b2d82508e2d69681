/**
 * The watch hub: per resource an immutable, ordered state with a bounded history of events ({@link
 * dev.coracle.watchhub.internal.hub.ResourceCache}), and per event loop a shard that routes batches
 * from the event bus to the watchers that may care ({@link
 * dev.coracle.watchhub.internal.hub.Shard}).
 */
@NullMarked
package dev.coracle.watchhub.internal.hub;

import org.jspecify.annotations.NullMarked;
