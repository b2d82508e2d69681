/**
 * Files that say who may come in and who decides what they may: AuthenticationConfiguration and
 * AuthorizationConfiguration of apiserver.config.k8s.io/v1. They are read strictly, and again
 * whenever they change.
 */
@NullMarked
package dev.coracle.apiserver.internal.structured;

import org.jspecify.annotations.NullMarked;
