/**
 * How much an expression may cost at most, told before it runs: a walk over the checked tree with
 * the sizes that a schema allows. The numbers are those of Kubernetes, because they decide which
 * definitions are accepted (Kubernetes docs, "Resource use by validation functions").
 */
@NullMarked
package dev.coracle.cel.cost;

import org.jspecify.annotations.NullMarked;
