/** Tests of the etcd protocol from the inside. */
@NullMarked
package dev.coracle.watchhub.internal.etcd;

import org.jspecify.annotations.NullMarked;
