/**
 * What servers a cluster has: each has a Lease of its own (KEP-1965), and what one that went left
 * behind is removed.
 */
@NullMarked
package dev.coracle.apiserver.internal.identity;

import org.jspecify.annotations.NullMarked;
