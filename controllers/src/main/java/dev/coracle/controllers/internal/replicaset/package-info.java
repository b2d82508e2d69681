/** ReplicaSets and ReplicationControllers: so many equal pods. */
@NullMarked
package dev.coracle.controllers.internal.replicaset;

import org.jspecify.annotations.NullMarked;
