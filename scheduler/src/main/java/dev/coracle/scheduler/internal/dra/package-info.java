/**
 * Dynamic resource allocation (KEP-4381): which devices of which ResourceSlices satisfy a pod's
 * ResourceClaims on a node, and writing that down.
 */
@NullMarked
package dev.coracle.scheduler.internal.dra;

import org.jspecify.annotations.NullMarked;
