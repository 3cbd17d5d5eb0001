from app.sandbox.serve import main

main()
