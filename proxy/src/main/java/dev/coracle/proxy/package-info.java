/**
 * The service proxy: {@link dev.coracle.proxy.KubeProxy} makes Service addresses lead to ready
 * pods.
 */
@NullMarked
package dev.coracle.proxy;

import org.jspecify.annotations.NullMarked;
