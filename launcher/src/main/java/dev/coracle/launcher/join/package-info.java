/**
 * {@code coracle server --join}: a machine that becomes one more control plane of a cluster. It
 * trusts the cluster by the hash of its authority, is let in by a token that is good for one
 * machine, and gets the authority's files, which are sealed with a key that only people carry (ADR
 * 341).
 */
@NullMarked
package dev.coracle.launcher.join;

import org.jspecify.annotations.NullMarked;
