/**
 * The cluster's DNS: {@link dev.coracle.coredns.DnsServer} answers over UDP and TCP by an ordered
 * chain of plugins ({@link dev.coracle.coredns.internal.PluginChain}), of which the kubernetes one
 * keeps the Kubernetes DNS-Based Service Discovery specification.
 */
@NullMarked
package dev.coracle.coredns;

import org.jspecify.annotations.NullMarked;
