// The sets of sed.md section 4 with their fields; what begins with Pos an administrator adds.
aspect Document {
  key Id             : Integer;
  Name               : String(250);
  Subject            : String(1000);
  Note               : String(1000);
  Created            : Timestamp @cds.on.insert: $now;
  Modified           : Timestamp @cds.on.insert: $now @cds.on.update: $now;
  RegistrationNumber : String(100);
  RegistrationDate   : Timestamp;
  LifeCycleState     : String(20);
}

@path    : '/Integration/odata'
@requires: 'authenticated-user'
service Integration {
  entity IRequests : Document {
    RequestDate          : Timestamp;
    Deadline             : Timestamp;
    InitialDeadline      : Timestamp;
    ResponseDate         : Timestamp;
    ExecutionState       : String(20);
    IsRepeated           : Boolean;
    RequestType          : String(50);
    FullName             : String(250);
    PosKey               : String(100);
    PosRefusalCode       : String(20);
    PosRefusalText       : String(1000);
    Assignee             : Association to IEmployees;
    TransferredTo        : Association to ICompanies;
    AnswerLetter         : Association to IOutgoingRequestLetters;
    ProlongationDeadline : Association to IProlongations;
    DocumentRegister     : Association to IDocumentRegisters;
    DocumentKind         : Association to IDocumentKinds;
    Questions            : Composition of many RequestQuestions on Questions.Request = $self;
    Versions             : Composition of many RequestVersions on Versions.Document = $self;
  }

  entity RequestQuestions {
    key Id       : Integer;
    Request      : Association to IRequests;
    Question     : Association to IQuestions;
    ReviewResult : String(20);
    PosStatus    : String(100);
    PosExport    : String(100);
  }

  entity RequestVersions {
    key Id                : Integer;
    Document              : Association to IRequests;
    Number                : Integer;
    AssociatedApplication : Association to IAssociatedApplications;
  }

  entity IOutgoingRequestLetters : Document {
    PosSend      : Boolean;
    DocumentKind : Association to IDocumentKinds;
    Versions     : Composition of many LetterVersions on Versions.Document = $self;
  }

  entity LetterVersions {
    key Id                : Integer;
    Document              : Association to IOutgoingRequestLetters;
    Number                : Integer;
    AssociatedApplication : Association to IAssociatedApplications;
  }

  entity IAddendums : Document {
    LeadingDocument : Association to IOfficialDocuments;
    Versions        : Composition of many AddendumVersions on Versions.Document = $self;
  }

  entity AddendumVersions {
    key Id                : Integer;
    Document              : Association to IAddendums;
    Number                : Integer;
    AssociatedApplication : Association to IAssociatedApplications;
  }

  entity IOfficialDocuments      { key Id : Integer; Name : String(250); }
  entity IQuestions              { key Id : Integer; Name : String(250); FullCode : String(50); Status : String(20); }
  entity IAssociatedApplications { key Id : Integer; Name : String(250); Extension : String(20); }
  entity IEmployees              { key Id : Integer; Name : String(250); Email : String(100); Phone : String(50); }
  entity ICompanies              { key Id : Integer; Name : String(250); }
  entity IProlongations          { key Id : Integer; Name : String(250); }
  entity IDocumentRegisters      { key Id : Integer; Name : String(250); Status : String(20); }
  entity IDocumentKinds          { key Id : Integer; Name : String(250); }
}
