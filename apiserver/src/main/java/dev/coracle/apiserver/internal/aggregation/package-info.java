/**
 * API aggregation (Kubernetes docs, "Kubernetes API Aggregation Layer"): groups and versions that
 * an APIService gives to another server are asked for there, with the user's name in headers that a
 * client certificate vouches for.
 */
@NullMarked
package dev.coracle.apiserver.internal.aggregation;

import org.jspecify.annotations.NullMarked;
