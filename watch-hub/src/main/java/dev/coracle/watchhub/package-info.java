/**
 * Where state lives and how its changes reach everybody: the {@link dev.coracle.watchhub.Storage}
 * contract (etcd's model, embedded or real etcd), and on top of it the {@link
 * dev.coracle.watchhub.ResourceStore}: objects with consistent reads from a cache, and one ordered
 * stream of changes fanned out over the Vert.x event bus.
 */
@NullMarked
package dev.coracle.watchhub;

import org.jspecify.annotations.NullMarked;
