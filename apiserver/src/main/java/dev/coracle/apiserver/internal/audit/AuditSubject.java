package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.Set;

/** What the audit must know of a request, however it came. */
interface AuditSubject {

  RequestInfo info();

  /** Who it counts as now; after impersonation another than at first. */
  UserInfo user();

  String auditId();

  String uri();

  /** May be empty. */
  String userAgent();

  /** The addresses it came from, the nearest last. */
  Set<String> sources();

  /** Of the answer, as far as it is known. */
  int code();
}
