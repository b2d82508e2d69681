package dev.coracle.apiserver.openapi;

import java.util.List;

/** What an operation of a document does. The words are those of Kubernetes' own documents. */
enum OpenApiAction {
  LIST("get", "list", "list"),
  CREATE("post", "create", "post"),
  DELETE_COLLECTION("delete", "delete", "deletecollection"),
  GET("get", "read", "get"),
  UPDATE("put", "replace", "put"),
  PATCH("patch", "patch", "patch"),
  DELETE("delete", "delete", "delete"),
  /** The method is the caller's, and so is what is sent. */
  CONNECT("", "connect", "connect"),
  WATCH("get", "watch", "watch"),
  WATCH_LIST("get", "watch", "watchlist");

  private static final List<String> LIST_OPTIONS =
      List.of(
          "allowWatchBookmarks",
          "continue",
          "fieldSelector",
          "labelSelector",
          "limit",
          "resourceVersion",
          "resourceVersionMatch",
          "sendInitialEvents",
          "timeoutSeconds",
          "watch");
  private static final List<String> WRITE_OPTIONS =
      List.of("dryRun", "fieldManager", "fieldValidation");
  private static final List<String> PATCH_OPTIONS =
      List.of("dryRun", "fieldManager", "fieldValidation", "force");
  private static final List<String> DELETE_OPTIONS =
      List.of("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy");
  private static final List<String> DELETE_COLLECTION_OPTIONS =
      List.of(
          "continue",
          "dryRun",
          "fieldSelector",
          "gracePeriodSeconds",
          "labelSelector",
          "limit",
          "orphanDependents",
          "propagationPolicy",
          "resourceVersion",
          "resourceVersionMatch",
          "sendInitialEvents",
          "timeoutSeconds");

  private final String method;
  private final String word;
  private final String extension;

  OpenApiAction(String method, String word, String extension) {
    this.method = method;
    this.word = word;
    this.extension = extension;
  }

  /** In lower case, as documents name it; empty where it is the caller's. */
  String method() {
    return method;
  }

  /** What an operation's id begins with. */
  String word() {
    return word;
  }

  /** {@code x-kubernetes-action}. */
  String extension() {
    return extension;
  }

  /** The parameters of a query, but for {@code pretty}. */
  List<String> parameters() {
    return switch (this) {
      case LIST, WATCH, WATCH_LIST -> LIST_OPTIONS;
      case CREATE, UPDATE -> WRITE_OPTIONS;
      case PATCH -> PATCH_OPTIONS;
      case DELETE -> DELETE_OPTIONS;
      case DELETE_COLLECTION -> DELETE_COLLECTION_OPTIONS;
      case GET, CONNECT -> List.of();
    };
  }

  boolean isDelete() {
    return this == DELETE || this == DELETE_COLLECTION;
  }

  boolean isStream() {
    return this == LIST || this == WATCH || this == WATCH_LIST;
  }
}
