/**
 * Acting as another user (Kubernetes docs, "User impersonation"): who is asked for, in which of the
 * ways that there are (KEP-5284), and whether that is allowed.
 */
@NullMarked
package dev.coracle.apiserver.internal.impersonation;

import org.jspecify.annotations.NullMarked;
