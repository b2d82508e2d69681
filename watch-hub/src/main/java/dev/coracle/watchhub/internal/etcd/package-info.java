/**
 * etcd's v3 protocol: as a client over Vert.x gRPC ({@link
 * dev.coracle.watchhub.internal.etcd.EtcdChannel}), and as a server that shows a storage as an etcd
 * ({@link dev.coracle.watchhub.internal.etcd.EtcdService}). The messages are this project's own
 * {@code etcd.proto}.
 */
@NullMarked
package dev.coracle.watchhub.internal.etcd;

import org.jspecify.annotations.NullMarked;
