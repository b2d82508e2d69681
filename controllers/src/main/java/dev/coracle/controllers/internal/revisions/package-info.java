/** ControllerRevisions: the former templates of StatefulSets and DaemonSets. */
@NullMarked
package dev.coracle.controllers.internal.revisions;

import org.jspecify.annotations.NullMarked;
